import { CircleAlert } from "lucide-react";
import { useId, type ComponentProps, type ReactNode } from "react";

interface FieldProps {
  label: string;
  hint?: ReactNode;
  wrong?: string | null | undefined;
  children: (ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: boolean }) => ReactNode;
}

export function Field({ label, hint, wrong, children }: FieldProps) {
  const id = useId();
  const about = wrong ? `${id}-wrong` : hint ? `${id}-hint` : undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, ...(about && { "aria-describedby": about }), ...(wrong && { "aria-invalid": true }) })}
      {wrong ? (
        <span className="wrong" id={`${id}-wrong`} role="alert">
          <CircleAlert className="icon" aria-hidden />
          {wrong}
        </span>
      ) : (
        hint && (
          <span className="hint" id={`${id}-hint`}>
            {hint}
          </span>
        )
      )}
    </div>
  );
}

type TextProps = Omit<FieldProps, "children"> & Omit<ComponentProps<"input">, "id">;
export function TextField({ label, hint, wrong, className, ...rest }: TextProps) {
  return (
    <Field label={label} hint={hint} wrong={wrong}>
      {(ids) => <input {...ids} {...rest} className={`input ${className ?? ""}`} />}
    </Field>
  );
}
