import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Check, KeyRound, LogOut, Monitor, Moon, Sun, UserRound } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { logout } from "../api/calls";
import { live } from "../live/connection";
import { meQuery, queryClient } from "./queries";
import { setTheme, useTheme, type Theme } from "./theme";

export const THEMES = [
  { value: "system", word: "System", icon: Monitor },
  { value: "light", word: "Light", icon: Sun },
  { value: "dark", word: "Dark", icon: Moon },
] as const;

export function UserMenu() {
  const { data } = useSuspenseQuery(meQuery);
  const navigate = useNavigate();
  const leave = async (): Promise<void> => {
    await logout();
    queryClient.clear();
    live.reset();
    await navigate({ to: "/login" });
  };
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <button type="button" className="button quiet small" aria-label={`Account menu of ${data.user.name}`}>
          <UserRound className="icon" aria-hidden />
          <span className="wide-word">{data.user.name}</span>
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          <ThemeItems />
          <div className="rule" />
          <DropdownMenu.Item onSelect={() => void navigate({ to: "/account" })}>
            <KeyRound className="icon" aria-hidden /> Account and tokens
          </DropdownMenu.Item>
          <DropdownMenu.Item onSelect={() => void leave()}>
            <LogOut className="icon" aria-hidden /> Log out
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function ThemeItems() {
  const theme = useTheme();
  return (
    <DropdownMenu.RadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
      <DropdownMenu.Label className="title">Theme</DropdownMenu.Label>
      {THEMES.map(({ value, word, icon: Icon }) => (
        <DropdownMenu.RadioItem key={value} value={value} onSelect={(event) => event.preventDefault()}>
          <Icon className="icon" aria-hidden /> {word}
          <DropdownMenu.ItemIndicator className="keys">
            <Check className="icon" aria-hidden />
          </DropdownMenu.ItemIndicator>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}
