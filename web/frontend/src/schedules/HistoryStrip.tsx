import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { fires as askFires } from "../api/schedules";
import { fireTone, stripInWords } from "./fires";

const MOST = 24;

export const firesQuery = (id: string) => ({ queryKey: ["fires", id], queryFn: () => askFires(id, MOST), staleTime: 0 });

// The last fires, the oldest first; asked for when it comes into sight.
export function HistoryStrip({ id, name, onOpen }: { id: string; name: string; onOpen: () => void }) {
  const place = useRef<HTMLButtonElement>(null);
  const seen = useSeen(place);
  const { data } = useQuery({ ...firesQuery(id), enabled: seen });
  const fires = data?.items ?? [];
  const words = data ? stripInWords(fires) : "";
  return (
    <button ref={place} type="button" className="strip-button" onClick={onOpen} aria-label={`History of ${name}. ${words}`} title={words}>
      {data && fires.length === 0 && <span className="faint">never fired</span>}
      {[...fires].reverse().map((fire, index) => (
        <span key={index} className={`fire bg-${fireTone(fire)}`} />
      ))}
    </button>
  );
}

function useSeen(place: React.RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (seen || place.current === null) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && setSeen(true));
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [seen, place]);
  return seen;
}
