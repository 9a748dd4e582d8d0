import { Link, useRouter } from "@tanstack/react-router";
import { sentence } from "../api/client";
import { Button } from "../parts/Button";
import { queryClient } from "./queries";

export function NotThere() {
  return (
    <div className="page empty">
      <h1>There is nothing here</h1>
      <p className="prose">This address names no page, or something that is not yours to see.</p>
      <p>
        <Link to="/kernels" className="link">
          All kernels
        </Link>
      </p>
    </div>
  );
}

export function Broken({ error }: { error: unknown }) {
  const router = useRouter();
  const again = (): void => {
    queryClient.removeQueries({ queryKey: ["me"] });
    void router.invalidate();
  };
  return (
    <main className="page empty">
      <h1>This page could not be shown</h1>
      <p className="prose">{sentence(error)}</p>
      <p>
        <Button kind="primary" onClick={again}>
          Try again
        </Button>
      </p>
    </main>
  );
}
