import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { sentence } from "../api/client";

const ICONS = { red: CircleAlert, amber: TriangleAlert, blue: Info, slate: Info };

interface Props {
  tone: keyof typeof ICONS;
  children: ReactNode;
  actions?: ReactNode;
  // In one line with its actions.
  inline?: boolean;
}

export function Notice({ tone, children, actions, inline = false }: Props) {
  const Icon = ICONS[tone];
  return (
    <div className={`notice ${tone} ${inline ? "inline" : ""}`} role={tone === "red" ? "alert" : "status"}>
      <Icon className="icon" aria-hidden />
      <div className="body">
        {inline ? <div>{children}</div> : children}
        {actions && <div className="actions">{actions}</div>}
      </div>
    </div>
  );
}

// Errors stay until the next try.
export function Failure({ error, actions }: { error: unknown; actions?: ReactNode }) {
  if (!error) return null;
  return (
    <Notice tone="red" actions={actions}>
      {sentence(error)}
    </Notice>
  );
}
