import { ago, moment, rough } from "../words/times";
import { useTime } from "./clock";

export function Ago({ at }: { at: string }) {
  const then = Date.parse(at);
  const said = useTime((now) => ago(then, now));
  return (
    <time dateTime={at} title={moment(then)}>
      {said}
    </time>
  );
}

export function Since({ at }: { at: string }) {
  const then = Date.parse(at);
  const said = useTime((now) => rough((now - then) / 1000));
  return (
    <time dateTime={at} title={`since ${moment(then)}`}>
      {said}
    </time>
  );
}
