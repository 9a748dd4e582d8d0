// A dialog that was opened by something else than a trigger of its own gives the focus back to that.
import { useState } from "react";

export function useReturnFocus(): (event: Event) => void {
  const [before] = useState(() => document.activeElement);
  return (event) => {
    event.preventDefault();
    // What opened it may be gone by now, such as an item of a menu.
    const there = before instanceof HTMLElement && before.isConnected ? before : document.getElementById("work");
    there?.focus({ preventScroll: true });
  };
}
