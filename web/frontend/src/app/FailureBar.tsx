import { X } from "lucide-react";
import { sentence } from "../api/client";
import { IconButton } from "../parts/Button";
import { Notice } from "../parts/Notice";
import { clearFailure, useFailure } from "./failures";

export function FailureBar() {
  const failure = useFailure();
  if (failure === null) return null;
  return (
    <div className="banner row">
      <Notice tone="red" inline>
        {failure.words}: {sentence(failure.error)}
      </Notice>
      <IconButton small icon={X} label="Put away" onClick={clearFailure} />
    </div>
  );
}
