import { Button } from "../parts/Button";
import { Copy } from "../parts/Copy";
import { Notice } from "../parts/Notice";
import { moment } from "../words/times";

export interface Made { name: string; link: string; expires_at: string | null }

export function LinkOnce({ made, onDone }: { made: Made; onDone: () => void }) {
  const address = `${window.location.origin}/login#link=${made.link}`;
  return (
    <Notice
      tone="amber"
      actions={
        <>
          <Copy text={address} label="Copy link" />
          <Button small onClick={onDone}>
            I have it
          </Button>
        </>
      }
    >
      This link logs <strong>{made.name}</strong> in once
      {made.expires_at && <>, until {moment(Date.parse(made.expires_at))}</>}. It is shown this one time: who has it is{" "}
      {made.name}, so send it to nobody else.
      <code className="secret">{address}</code>
    </Notice>
  );
}
