import { memo, type ComponentProps } from "react";
import Markdown, { type Components, type ExtraProps } from "react-markdown";
import remarkGfm from "remark-gfm";

// HTML within the text is shown as text, and addresses are those of the web and of mail alone: that is what the
// library does unless told otherwise. Pictures of other hosts are links: looking at a page tells nobody.
const PARTS: Components = {
  a: ({ href, children }: ComponentProps<"a"> & ExtraProps) => (
    <a className="link" href={href} target="_blank" rel="noopener noreferrer">{children}</a>
  ),
  img: ({ src, alt }: ComponentProps<"img"> & ExtraProps) =>
    typeof src === "string" && src !== "" ? <a className="link" href={src} target="_blank" rel="noopener noreferrer">{alt || "picture"}</a> : <>{alt}</>,
  // The page has one heading of the first level.
  h1: ({ children }: ComponentProps<"h1"> & ExtraProps) => <h2 className="first-level">{children}</h2>,
  h2: ({ children }: ComponentProps<"h2"> & ExtraProps) => <h3 className="second-level">{children}</h3>,
  h3: ({ children }: ComponentProps<"h3"> & ExtraProps) => <h4>{children}</h4>,
  h4: ({ children }: ComponentProps<"h4"> & ExtraProps) => <h5>{children}</h5>,
  table: ({ children }: ComponentProps<"table"> & ExtraProps) => (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Table"><table className="table">{children}</table></div>
  ),
  pre: ({ children }: ComponentProps<"pre"> & ExtraProps) => <pre tabIndex={0}>{children}</pre>,
};
const PLUGINS = [remarkGfm];

export const MarkdownView = memo(function MarkdownView({ text }: { text: string }) {
  return <Markdown remarkPlugins={PLUGINS} components={PARTS}>{text}</Markdown>;
});
