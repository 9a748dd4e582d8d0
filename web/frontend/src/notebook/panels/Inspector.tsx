// Panels beside the cells: variables, inputs, artifacts, reference. Closed, it is a strip of their buttons.
import { Boxes, CircleQuestionMark, Import, Package, X, type LucideIcon } from "lucide-react";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import type { Kernel } from "../../api/types";
import { IconButton } from "../../parts/Button";
import "../../styles/inspector.css";
import { TABS, type Tab } from "./tabs";
import { useQuestionMark } from "./useQuestionMark";

export interface InspectorProps {
  kernel: Kernel | null;
  flow: string | null;
  node: string | null;
  tab: Tab | null;
  onTab: (tab: Tab | null) => void;
  onInsert: (code: string) => void;
}

const LOOKS: Record<Tab, { word: string; icon: LucideIcon }> = {
  variables: { word: "Variables", icon: Boxes },
  inputs: { word: "Inputs", icon: Import },
  artifacts: { word: "Artifacts", icon: Package },
  reference: { word: "Reference", icon: CircleQuestionMark },
};

export function Inspector(props: InspectorProps) {
  const { tab, onTab } = props;
  useQuestionMark(() => onTab("reference"));
  if (tab === null) return <Closed onTab={onTab} />;
  return (
    <aside className="inspector open" aria-label="Inspector">
      <Tabs.Root value={tab} onValueChange={(value) => onTab(value as Tab)}>
        <header>
          <Tabs.List className="inspector-tabs" aria-label="Panels">
            {TABS.map((one) => <Tabs.Trigger key={one} value={one}>{LOOKS[one].word}</Tabs.Trigger>)}
          </Tabs.List>
          <IconButton small icon={X} label="Close the panel" onClick={() => onTab(null)} />
        </header>
        {TABS.map((one) => (
          <Tabs.Content key={one} value={one} className="inspector-panel">{one === tab && panel(one)}</Tabs.Content>
        ))}
      </Tabs.Root>
    </aside>
  );
}

function Closed({ onTab }: { onTab: (tab: Tab) => void }) {
  return (
    <aside className="inspector closed" aria-label="Inspector">
      {TABS.map((one) => (
        <IconButton key={one} small icon={LOOKS[one].icon} label={one === "reference" ? "Reference (?)" : LOOKS[one].word} onClick={() => onTab(one)} />
      ))}
    </aside>
  );
}

function panel(tab: Tab): ReactNode {
  return <p className="faint">{LOOKS[tab].word}</p>;
}
