import { useEffect, useRef, useState } from "react";

const WAIT_MS = 300;

interface Props { value: string; words: string; onSet: (text: string | undefined) => void }

// A search field that asks when the writing rests.
export function Find({ value, words, onSet }: Props) {
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  const latest = useRef(onSet);
  useEffect(() => {
    latest.current = onSet;
  });
  // Set from elsewhere: a link, the way back.
  if (seen !== value) {
    setSeen(value);
    if (text.trim() !== value) setText(value);
  }
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => latest.current(text.trim() || undefined), WAIT_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <input
      className="input find" type="search" placeholder={words} aria-label={words} value={text} maxLength={200}
      onChange={(event) => setText(event.target.value)}
    />
  );
}
