import { useNavigate, useSearch } from "@tanstack/react-router";
import { LogIn } from "lucide-react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { login, type Credentials } from "../api/calls";
import { ApiError } from "../api/client";
import { isPassing, queryClient } from "../app/queries";
import { live } from "../live/connection";
import { Button } from "../parts/Button";
import { TextField } from "../parts/Field";
import { Failure, Notice } from "../parts/Notice";
import mark from "../styles/icon.svg";
import { linkIn, localPath } from "./next";

export function LoginPage() {
  const { error, busy, enter } = useLogin();
  const again = useOneTimeLink(enter);
  const link = again !== null;
  return (
    <main className="login">
      <form onSubmit={(event) => submit(event, enter)} aria-label="Log in">
        <div className="brand">
          <img src={mark} alt="" />
          <div>
            <h1>Husk</h1>
            <p className="soft">Python kernels, cells and runs</p>
          </div>
        </div>
        {link && busy && <Notice tone="blue">Logging in with the one-time link…</Notice>}
        <LoginFailure error={error} link={link} />
        {again && isPassing(error) && (
          <Button busy={busy} onClick={again}>
            Try the link again
          </Button>
        )}
        <TextField label="Name" name="name" autoComplete="username" required autoFocus={!link} />
        <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
        <Button type="submit" kind="primary" icon={LogIn} busy={busy}>
          Log in
        </Button>
        <p className="faint">
          No password yet? <code>husk up</code> prints a one-time login link on its first start, and an admin can make
          one with <code>husk user link NAME</code>.
        </p>
      </form>
    </main>
  );
}

function submit(event: FormEvent<HTMLFormElement>, enter: (with_: Credentials) => void): void {
  event.preventDefault();
  const form = new FormData(event.currentTarget);
  enter({ name: String(form.get("name")), password: String(form.get("password")) });
}

function LoginFailure({ error, link }: { error: unknown; link: boolean }) {
  if (!(error instanceof ApiError)) return <Failure error={error} />;
  if (error.status === 429) {
    const wait = error.retryAfterS ? `Try again in ${error.retryAfterS} s.` : "Try again in a while.";
    return <Notice tone="amber">Too many tries. {wait}</Notice>;
  }
  if (error.status !== 401) return <Failure error={error} />;
  return (
    <Notice tone="red">
      {link
        ? "This link was used already or has expired. Ask for a new one, or log in with your password."
        : "Name or password is wrong."}
    </Notice>
  );
}

function useLogin() {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const navigate = useNavigate();
  const { next } = useSearch({ from: "/login" });
  const enter = async (credentials: Credentials): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const { landing } = await login(credentials);
      queryClient.clear();
      live.reset();
      await navigate({ to: localPath(landing) ?? localPath(next) ?? "/kernels", replace: true });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return { error, busy, enter: (credentials: Credentials) => void enter(credentials) };
}

// The secret leaves the address bar and the history before anything else happens; so a reload would not find
// it: the page keeps it for another try. Returns that try, null without a link.
function useOneTimeLink(enter: (credentials: Credentials) => void): (() => void) | null {
  const [link] = useState(() => linkIn(window.location.hash));
  const used = useRef(false);
  useEffect(() => {
    if (link === null || used.current) return;
    used.current = true;
    window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
    enter({ link });
  }, [link, enter]);
  return link === null ? null : () => enter({ link });
}
