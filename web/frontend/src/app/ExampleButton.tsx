import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plane } from "lucide-react";
import { useState } from "react";
import { examples, makeExample } from "../api/examples";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";

// For who has nothing yet: one press, and a real flow runs before their eyes.
export function ExampleButton() {
  const { data } = useQuery({ queryKey: ["examples"], queryFn: examples });
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  if (!data?.late_flights) return null;
  const make = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const run = await makeExample();
      await navigate({ to: "/runs/$id", params: { id: run.id }, search: { tab: "graph" } });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <>
      <Button icon={Plane} busy={busy} onClick={() => void make()}>
        Make and run the example
      </Button>
      {busy && (
        <span className="soft" role="status">
          Its tables are being made; its run is shown next.
        </span>
      )}
      <Failure error={error} />
    </>
  );
}
