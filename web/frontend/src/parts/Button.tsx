import { LoaderCircle, type LucideIcon } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { Tip } from "./Tip";

interface Props extends ComponentProps<"button"> {
  icon?: LucideIcon;
  kind?: "primary" | "danger" | "danger solid" | "quiet";
  small?: boolean;
  busy?: boolean;
  children?: ReactNode;
}

export function Button({ icon: Icon, kind, small, busy, children, className, disabled, ...rest }: Props) {
  const Shown = busy ? LoaderCircle : Icon;
  const names = ["button", kind, small && "small", busy && "busy", !children && "icon-only", className];
  return (
    <button type="button" {...rest} disabled={disabled || busy} className={names.filter(Boolean).join(" ")}>
      {Shown && <Shown className="icon" aria-hidden />}
      {children}
    </button>
  );
}

// A button of an icon alone: its label is its tooltip.
export function IconButton({ label, ...rest }: Omit<Props, "children"> & { label: string; icon: LucideIcon }) {
  return (
    <Tip text={label}>
      <Button kind="quiet" aria-label={label} {...rest} />
    </Tip>
  );
}
