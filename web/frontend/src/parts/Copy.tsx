import { Check, Copy as CopyIcon } from "lucide-react";
import { useState } from "react";
import { Button } from "./Button";

interface Props { text: string | (() => string); label?: string; kind?: "quiet" }

// A function makes the text when it is asked for: it may be long.
export function Copy({ text, label = "Copy", kind }: Props) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await writeText(typeof text === "string" ? text : text());
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <Button icon={copied ? Check : CopyIcon} small kind={kind} onClick={() => void copy()}>
      <span aria-live="polite">{copied ? "Copied" : label}</span>
    </Button>
  );
}

// The clipboard API is only there on https and localhost.
export async function writeText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
