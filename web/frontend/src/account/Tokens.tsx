import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { revokeToken, tokens } from "../api/calls";
import type { NewToken, Token } from "../api/types";
import { queryClient } from "../app/queries";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Confirm } from "../parts/Confirm";
import { Copy } from "../parts/Copy";
import { Failure, Notice } from "../parts/Notice";
import { moment } from "../words/times";
import { NewTokenDialog } from "./NewTokenDialog";

const query = { queryKey: ["tokens"], queryFn: tokens };
const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: query.queryKey });

export function Tokens() {
  const { data, error } = useQuery({ ...query, staleTime: 0 });
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<NewToken | null>(null);
  const there = data?.items.filter((token) => token.revoked_at === null) ?? [];
  return (
    <section aria-labelledby="tokens-title">
      <div className="row spread">
        <h2 id="tokens-title">API tokens</h2>
        <Button small icon={Plus} onClick={() => setMaking(true)}>
          New token
        </Button>
      </div>
      <p className="soft">For scripts and the command line. A token acts as you.</p>
      <Failure error={error} />
      {made && <Once token={made} onDone={() => setMade(null)} />}
      <TokenTable tokens={there} />
      {making && (
        <NewTokenDialog
          onClose={() => setMaking(false)}
          onMade={(token) => (setMaking(false), setMade(token), void refresh())}
        />
      )}
    </section>
  );
}

function Once({ token, onDone }: { token: NewToken; onDone: () => void }) {
  return (
    <Notice
      tone="amber"
      actions={
        <>
          <Copy text={token.token} label="Copy token" />
          <Button small onClick={onDone}>
            I have it
          </Button>
        </>
      }
    >
      <strong>{token.name}</strong> is made. This is the only time that its text is shown:
      <code className="secret">{token.token}</code>
    </Notice>
  );
}

function TokenTable({ tokens: rows }: { tokens: Token[] }) {
  const [revoking, setRevoking] = useState<Token | null>(null);
  const [error, setError] = useState<unknown>(null);
  if (rows.length === 0) return <p className="faint">No tokens.</p>;
  const revoke = async (token: Token): Promise<void> => {
    try {
      await revokeToken(token.id);
      await refresh();
      setRevoking(null);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">May</th>
            <th scope="col">Made</th>
            <th scope="col">Expires</th>
            <th scope="col">
              <span className="hidden-text">Action</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((token) => (
            <tr key={token.id}>
              <td>{token.name}</td>
              <td>{token.scope === "read" ? "read" : "read and change"}</td>
              <td>{token.created_at && <Ago at={token.created_at} />}</td>
              <td>{token.expires_at ? moment(Date.parse(token.expires_at)) : "never"}</td>
              <td>
                <Button small kind="danger" aria-label={`Revoke ${token.name}`} onClick={() => (setError(null), setRevoking(token))}>
                  Revoke
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {revoking && (
        <Confirm
          open onClose={() => setRevoking(null)} title={`Revoke ${revoking.name}?`} verb="Revoke token" error={error}
          onConfirm={() => void revoke(revoking)}
        >
          Whatever uses this token stops working within seconds, and its event streams end. What it did stays.
        </Confirm>
      )}
    </div>
  );
}
