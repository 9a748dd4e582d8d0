import { Link } from "@tanstack/react-router";
import type { Artifact } from "../api/artifacts";
import { placeWords } from "./search";

// A link to what an artifact belongs to, where that has a page.
export function PlaceLink({ artifact }: { artifact: Artifact }) {
  const { flow_id: id, flow_kind: kind } = artifact;
  const words = placeWords(artifact);
  if (kind === "flow") return <Link to="/flows/$id" params={{ id }} className="link cut">{words}</Link>;
  if (kind === "kernel") return <Link to="/kernels/$id" params={{ id: id.slice(1) }} className="link cut">{words}</Link>;
  if (kind === "notebook") return <Link to="/notebooks/$id" params={{ id }} className="link cut">{words}</Link>;
  return <span className="cut">{words}</span>;
}
