import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { endSession, sessions } from "../api/calls";
import { queryClient } from "../app/queries";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { browserIn } from "./agents";

const query = { queryKey: ["sessions"], queryFn: sessions };

export function Sessions() {
  const { data, error } = useQuery({ ...query, staleTime: 0 });
  const [failure, setFailure] = useState<unknown>(null);
  const end = async (id: number): Promise<void> => {
    setFailure(null);
    await endSession(id).catch(setFailure);
    await queryClient.invalidateQueries({ queryKey: query.queryKey });
  };
  return (
    <section aria-labelledby="sessions-title">
      <h2 id="sessions-title">Sessions</h2>
      <p className="soft">Browsers in which you are logged in. Ending one stops its pages within 5 s.</p>
      <Failure error={error ?? failure} />
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Browser</th>
              <th scope="col">From</th>
              <th scope="col">Began</th>
              <th scope="col">
                <span className="hidden-text">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data?.items.map((session) => (
              <tr key={session.id}>
                <td title={session.agent}>
                  {browserIn(session.agent)} {session.current && <span className="tag">this one</span>}
                </td>
                <td className="mono">{session.address}</td>
                <td>
                  {session.created_at && <Ago at={session.created_at} />}, by {session.method}
                </td>
                <td>
                  {!session.current && (
                    <Button small onClick={() => void end(session.id)}>
                      End
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
