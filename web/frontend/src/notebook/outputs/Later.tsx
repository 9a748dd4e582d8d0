import { FoldVertical } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Button } from "../../parts/Button";
import { size } from "../../words/sizes";

// What is larger is fetched when it is asked for.
const LARGEST_UNASKED = 8_000_000;
const NEAR = "800px";

interface Props { bytes: number; height: number; children: () => ReactNode }

// What costs much is fetched and drawn when it comes near the screen.
export function Later({ bytes, height, children }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  const [asked, setAsked] = useState(bytes <= LARGEST_UNASKED);
  useEffect(() => {
    if (!place.current) return;
    const observer = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && setNear(true), { rootMargin: NEAR });
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  if (near && asked) return children();
  return (
    <div ref={place} className="later row" style={{ height: asked ? height : undefined }}>
      {!asked && <Button small icon={FoldVertical} onClick={() => setAsked(true)}>Load it, {size(bytes)}</Button>}
    </div>
  );
}
