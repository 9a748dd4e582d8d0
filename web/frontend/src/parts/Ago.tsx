import { ago, moment, rough } from "../words/times";
import { useNow } from "./clock";

export function Ago({ at }: { at: string }) {
  const now = useNow();
  const then = Date.parse(at);
  return (
    <time dateTime={at} title={moment(then)}>
      {ago(then, now)}
    </time>
  );
}

export function Since({ at }: { at: string }) {
  const now = useNow();
  const then = Date.parse(at);
  return (
    <time dateTime={at} title={`since ${moment(then)}`}>
      {rough((now - then) / 1000)}
    </time>
  );
}
