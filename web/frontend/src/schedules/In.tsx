import { useTime } from "../parts/clock";
import { moment, rough } from "../words/times";

// How long until then; the moment itself on hover.
export function In({ at }: { at: string }) {
  const then = Date.parse(at);
  const said = useTime((now) => (then - now < 1000 ? "now" : `in ${rough((then - now) / 1000)}`));
  return (
    <time dateTime={at} title={moment(then)}>
      {said}
    </time>
  );
}
