// Panels beside the cells: variables, inputs, artifacts, reference. Closed, it is a strip of their buttons.
import { Boxes, CircleQuestionMark, Import, Package, X, type LucideIcon } from "lucide-react";
import { Tabs } from "radix-ui";
import { lazy, Suspense, useCallback, useEffect, useRef, type ReactNode } from "react";
import type { Kernel } from "../../api/types";
import { IconButton } from "../../parts/Button";
import "../../styles/inspector.css";
import { ArtifactsPanel } from "./ArtifactsPanel";
import { InputsPanel } from "./InputsPanel";
import { TABS, type Tab } from "./tabs";
import { useQuestionMark } from "./useQuestionMark";
import { VariablesPanel } from "./VariablesPanel";

const ReferenceView = lazy(async () => ({ default: (await import("../../reference/ReferenceView")).ReferenceView }));

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
  const { aside, open, close } = useFocus(tab, onTab);
  useQuestionMark(() => open("reference"));
  if (tab === null) return <Closed aside={aside} onOpen={open} />;
  return (
    <aside
      ref={aside} className="inspector open" aria-label="Inspector"
      onKeyDown={(event) => event.key === "Escape" && !event.defaultPrevented && close()}
    >
      <Tabs.Root value={tab} onValueChange={(value) => onTab(value as Tab)}>
        <header>
          <Tabs.List className="inspector-tabs" aria-label="Panels">
            {TABS.map((one) => <Tabs.Trigger key={one} value={one}>{LOOKS[one].word}</Tabs.Trigger>)}
          </Tabs.List>
          <IconButton small icon={X} label="Close the panel" onClick={close} />
        </header>
        {TABS.map((one) => (
          <Tabs.Content key={one} value={one} className="inspector-panel">
            {one === tab && <><h2 className="hidden-text">{LOOKS[one].word}</h2>{panel(one, props)}</>}
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </aside>
  );
}

function panel(tab: Tab, { kernel, flow, node, onInsert }: InspectorProps): ReactNode {
  const uid = kernel?.uid ?? null;
  switch (tab) {
    case "variables":
      return <VariablesPanel {...{ kernel, flow, onInsert }} />;
    case "inputs":
      return <InputsPanel kernel={uid} {...{ flow, node, onInsert }} />;
    case "artifacts":
      return <ArtifactsPanel kernel={uid} {...{ flow, node, onInsert }} />;
    case "reference":
      return <Suspense><ReferenceView onInsert={onInsert} /></Suspense>;
  }
}

function Closed({ aside, onOpen }: { aside: React.RefObject<HTMLElement | null>; onOpen: (tab: Tab) => void }) {
  return (
    <aside ref={aside} className="inspector closed" aria-label="Inspector">
      {TABS.map((one) => (
        <IconButton
          key={one} small icon={LOOKS[one].icon} label={one === "reference" ? "Reference (?)" : LOOKS[one].word} data-tab={one}
          onClick={() => onOpen(one)}
        />
      ))}
    </aside>
  );
}

// Opened, the focus goes into the panel; closed, to where it came from, or else to the button that opens it again.
function useFocus(tab: Tab | null, onTab: (tab: Tab | null) => void) {
  const aside = useRef<HTMLElement | null>(null);
  const before = useRef<Element | null>(null);
  const moves = useRef<"in" | "out" | null>(null);
  const last = useRef<Tab>("variables");
  useEffect(() => {
    const move = moves.current;
    moves.current = null;
    if (tab !== null) last.current = tab;
    if (move === "in") aside.current?.querySelector<HTMLElement>("input, [role=tab][aria-selected=true]")?.focus();
    if (move === "out") {
      const there = before.current instanceof HTMLElement && before.current.isConnected ? before.current : null;
      (there ?? aside.current?.querySelector<HTMLElement>(`[data-tab=${last.current}]`))?.focus();
    }
  }, [tab]);
  const open = useCallback((next: Tab) => {
    if (!aside.current?.contains(document.activeElement)) before.current = document.activeElement;
    moves.current = "in";
    onTab(next);
  }, [onTab]);
  const close = useCallback(() => {
    moves.current = "out";
    onTab(null);
  }, [onTab]);
  return { aside, open, close };
}
