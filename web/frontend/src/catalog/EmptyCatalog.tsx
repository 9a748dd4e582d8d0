export function EmptyCatalog() {
  return (
    <div className="empty">
      <h2>The catalog is empty</h2>
      <p className="prose">
        A node of a saved flow publishes objects here: models, tables, anything that pickles. Every publish is a new version,
        and every kernel of yours reads them by name.
      </p>
      <pre className="example" tabIndex={0}>
        {'flowfile.publish_global("churn_model", model,\n                        description="…", tags=["prod"])\nmodel = flowfile.get_global("churn_model")'}
      </pre>
      <p className="soft">The same list from a terminal:</p>
      <pre className="example" tabIndex={0}>{"husk artifact list"}</pre>
    </div>
  );
}
