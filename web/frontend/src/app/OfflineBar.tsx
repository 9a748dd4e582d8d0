import { CloudOff } from "lucide-react";
import { useEffect, useState } from "react";
import { live } from "../live/connection";
import { useStreamState } from "../live/useLive";

// A reconnect that takes a moment is nobody's business.
const QUIET_MS = 1500;

export function OfflineBar() {
  const state = useStreamState();
  const away = state === "down" || state === "connecting";
  const shown = useDelayed(away);
  return (
    <div role="status" aria-live="polite">
      {shown && (
        <div className="offline">
          <CloudOff className="icon" aria-hidden />
          No connection to Husk. What runs goes on; this page catches up by itself.
          <button type="button" className="link" onClick={() => live.retry()}>
            Try now
          </button>
        </div>
      )}
    </div>
  );
}

function useDelayed(on: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!on) return;
    const timer = setTimeout(() => setLate(true), QUIET_MS);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [on]);
  return on && late;
}
