import { useQuery } from "@tanstack/react-query";
import { CalendarClock } from "lucide-react";
import { useEffect, useState } from "react";
import { previewSchedule, type ScheduleBody } from "../api/schedules";
import { Failure } from "../parts/Notice";
import { NextFires } from "./NextFires";

const WAIT_MS = 250;

// What the server makes of it: in words, and the next fires. Nothing is saved.
export function Preview({ body, missing, timezone }: { body: ScheduleBody; missing: string | null; timezone: string }) {
  const { kind, spec, timezone: zone } = body;
  const asked = useRested(JSON.stringify({ name: "new", kind, spec, timezone: zone }));
  const { data, error, isFetching } = useQuery({
    queryKey: ["schedule-preview", asked],
    queryFn: () => previewSchedule(JSON.parse(asked) as ScheduleBody),
    enabled: missing === null,
    retry: false,
    placeholderData: (before) => before,
  });
  if (missing !== null) return <p className="faint">{missing}</p>;
  return (
    <section className="schedule-preview" aria-label="What it means" aria-busy={isFetching}>
      <Failure error={error} />
      {data && !error && (
        <>
          <p className="row said" role="status">
            <CalendarClock className="icon" aria-hidden /> <strong>{data.words}</strong>
          </p>
          {data.items.length > 0 && <NextFires items={data.items} timezone={timezone} />}
        </>
      )}
    </section>
  );
}

// What it is once the writing rests.
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), WAIT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}
