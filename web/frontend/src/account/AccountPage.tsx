import { useSuspenseQuery } from "@tanstack/react-query";
import { meQuery } from "../app/queries";
import { setTheme, useTheme } from "../app/theme";
import { THEMES } from "../app/UserMenu";
import { useTitle } from "../parts/useTitle";
import "../styles/account.css";
import { Password } from "./Password";
import { Sessions } from "./Sessions";
import { Tokens } from "./Tokens";

export function AccountPage() {
  useTitle("Account");
  const { data } = useSuspenseQuery(meQuery);
  const { user, flower } = data;
  return (
    <div className="page account">
      <div className="page-head">
        <h1>{user.name}</h1>
        <span className="tag">{user.role}</span>
      </div>
      <section aria-labelledby="theme-title">
        <h2 id="theme-title">Theme</h2>
        <ThemeSwitch />
      </section>
      <Password user={user} />
      <Sessions />
      <Tokens />
      {flower && (
        <section aria-labelledby="system-title">
          <h2 id="system-title">System</h2>
          <p className="prose">
            Flower shows Celery's workers and queues, read-only.{" "}
            <a className="link" href="/flower/">
              Open Flower
            </a>
          </p>
        </section>
      )}
    </div>
  );
}

function ThemeSwitch() {
  const theme = useTheme();
  return (
    <div className="choices" role="radiogroup" aria-label="Theme">
      {THEMES.map(({ value, word, icon: Icon }) => (
        <button
          key={value} type="button" role="radio" aria-checked={theme === value}
          data-state={theme === value ? "on" : "off"} onClick={() => setTheme(value)}
        >
          <Icon className="icon" aria-hidden /> {word}
        </button>
      ))}
    </div>
  );
}
