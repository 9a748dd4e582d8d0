import { X } from "lucide-react";
import { useId, useState, type KeyboardEvent } from "react";
import { describe, type Place, type Version } from "../api/catalog";
import { queryClient } from "../app/queries";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { Sheet } from "../parts/Sheet";
import { withTags } from "./tags";

interface Props { place: Place; found: Version; onClose: () => void }

// What people say of a version. Its bytes, number and date stay.
export function DescribeSheet({ place, found, onClose }: Props) {
  const [description, setDescription] = useState(found.description ?? "");
  const [tags, setTags] = useState(found.tags);
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await describe(place, found.version, { description: description.trim(), tags: withTags(tags, typed) });
      await queryClient.invalidateQueries({ queryKey: ["catalog"] });
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const id = useId();
  return (
    <Sheet open onClose={onClose} title="Description and tags" about={`${place.name}, version ${found.version}`}>
      <div className="content">
        <div className="field">
          <label htmlFor={`${id}-about`}>Description</label>
          <textarea
            id={`${id}-about`} className="input" rows={6} maxLength={10_000} value={description}
            onChange={(event) => setDescription(event.target.value)}
          />
          <span className="hint">Found by its words in the catalog&apos;s search. Code sees it in list_global_artifacts.</span>
        </div>
        <Tags id={`${id}-tags`} {...{ tags, typed }} onTags={setTags} onTyped={setTyped} />
        <Failure error={error} />
      </div>
      <footer>
        <div className="row">
          <Button kind="primary" busy={busy} onClick={() => void save()}>Save</Button>
          <Button onClick={onClose}>Leave as it was</Button>
        </div>
      </footer>
    </Sheet>
  );
}

interface TagsProps { id: string; tags: string[]; typed: string; onTags: (tags: string[]) => void; onTyped: (typed: string) => void }

function Tags({ id, tags, typed, onTags, onTyped }: TagsProps) {
  const add = (): void => {
    onTags(withTags(tags, typed));
    onTyped("");
  };
  const press = (event: KeyboardEvent): void => {
    if ((event.key === "Enter" || event.key === ",") && typed.trim() !== "") {
      event.preventDefault();
      add();
    } else if (event.key === "Backspace" && typed === "") onTags(tags.slice(0, -1));
  };
  return (
    <div className="field">
      <label htmlFor={id}>Tags</label>
      {tags.length > 0 && (
        <ul className="row wrap tags" aria-label="Tags of this version">
          {tags.map((tag) => (
            <li key={tag}>
              <button type="button" className="tag" aria-label={`Take away the tag ${tag}`} onClick={() => onTags(tags.filter((one) => one !== tag))}>
                {tag} <X className="icon" aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
      <input
        id={id} className="input" value={typed} maxLength={100} placeholder="prod, eu" onKeyDown={press}
        onChange={(event) => onTyped(event.target.value)} onBlur={add}
      />
      <span className="hint">Enter or a comma adds one. Tags belong to this version alone.</span>
    </div>
  );
}
