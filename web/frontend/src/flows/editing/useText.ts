import { useState } from "react";

// What somebody writes in a field of numbers: "1." and "1.0" are the number 1, and stay as they are written.
export function useText<T>(value: T, read: (text: string) => T, write: (value: T) => string, onSet: (value: T) => void): { text: string; put: (text: string) => void } {
  const [text, setText] = useState(() => write(value));
  const shown = Object.is(read(text), value) ? text : write(value);
  return {
    text: shown,
    put: (next) => {
      setText(next);
      onSet(read(next));
    },
  };
}
