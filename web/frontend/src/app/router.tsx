import { createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { onSignedOut } from "../api/client";
import { KernelsPage } from "../kernels/KernelsPage";
import { readKernels } from "../kernels/search";
import { readArtifacts } from "../artifacts/search";
import { readCatalog, readEntry } from "../catalog/search";
import { readFiles } from "../files/search";
import { readFlow } from "../flows/search";
import { readCells, readKernelCells, readNotebooks } from "../notebooks/search";
import { readLogs } from "../logs/search";
import { readRun, readRuns } from "../runs/search";
import { readSchedules } from "../schedules/search";
import { readSearch } from "../system/auditSearch";
import { home, inside, login, root } from "./frame";
import { queryClient } from "./queries";

const kernels = createRoute({ getParentRoute: () => inside, path: "/kernels", validateSearch: readKernels, component: KernelsPage });
const kernel = createRoute({
  getParentRoute: () => inside,
  path: "/kernels/$id",
  validateSearch: readKernelCells,
  component: lazyRouteComponent(() => import("../notebook/NotebookPage"), "NotebookPage"),
});
const account = createRoute({
  getParentRoute: () => inside,
  path: "/account",
  component: lazyRouteComponent(() => import("../account/AccountPage"), "AccountPage"),
});
const files = createRoute({
  getParentRoute: () => inside,
  path: "/files",
  validateSearch: readFiles,
  component: lazyRouteComponent(() => import("../files/FilesPage"), "FilesPage"),
});
const artifacts = createRoute({
  getParentRoute: () => inside,
  path: "/artifacts",
  validateSearch: readArtifacts,
  component: lazyRouteComponent(() => import("../artifacts/ArtifactsPage"), "ArtifactsPage"),
});
const artifact = createRoute({
  getParentRoute: () => inside,
  path: "/artifacts/$flow/$name",
  component: lazyRouteComponent(() => import("../artifacts/ArtifactPage"), "ArtifactPage"),
});
const logs = createRoute({
  getParentRoute: () => inside,
  path: "/logs",
  validateSearch: readLogs,
  component: lazyRouteComponent(() => import("../logs/LogsPage"), "LogsPage"),
});
const catalog = createRoute({
  getParentRoute: () => inside,
  path: "/catalog",
  validateSearch: readCatalog,
  component: lazyRouteComponent(() => import("../catalog/CatalogPage"), "CatalogPage"),
});
const entry = createRoute({
  getParentRoute: () => inside,
  path: "/catalog/$name",
  validateSearch: readEntry,
  component: lazyRouteComponent(() => import("../catalog/EntryPage"), "EntryPage"),
});

const flows = createRoute({
  getParentRoute: () => inside,
  path: "/flows",
  component: lazyRouteComponent(() => import("../flows/FlowsPage"), "FlowsPage"),
});
const flow = createRoute({
  getParentRoute: () => inside,
  path: "/flows/$id",
  validateSearch: readFlow,
  component: lazyRouteComponent(() => import("../flows/FlowPage"), "FlowPage"),
});
const node = createRoute({
  getParentRoute: () => inside,
  path: "/flows/$id/nodes/$node",
  validateSearch: readCells,
  component: lazyRouteComponent(() => import("../notebooks/NodePage"), "NodePage"),
});
const notebooks = createRoute({
  getParentRoute: () => inside,
  path: "/notebooks",
  validateSearch: readNotebooks,
  component: lazyRouteComponent(() => import("../notebooks/NotebooksPage"), "NotebooksPage"),
});
const notebook = createRoute({
  getParentRoute: () => inside,
  path: "/notebooks/$id",
  validateSearch: readCells,
  component: lazyRouteComponent(() => import("../notebooks/LoosePage"), "LoosePage"),
});
const runs = createRoute({
  getParentRoute: () => inside,
  path: "/runs",
  validateSearch: readRuns,
  component: lazyRouteComponent(() => import("../runs/RunsPage"), "RunsPage"),
});
const run = createRoute({
  getParentRoute: () => inside,
  path: "/runs/$id",
  validateSearch: readRun,
  component: lazyRouteComponent(() => import("../runs/RunPage"), "RunPage"),
});
const comparison = createRoute({
  getParentRoute: () => inside,
  path: "/runs/$id/compare/$other",
  component: lazyRouteComponent(() => import("../runs/compare/ComparePage"), "ComparePage"),
});
const schedules = createRoute({
  getParentRoute: () => inside,
  path: "/schedules",
  validateSearch: readSchedules,
  component: lazyRouteComponent(() => import("../schedules/SchedulesPage"), "SchedulesPage"),
});

const system = createRoute({
  getParentRoute: () => inside,
  path: "/system",
  component: lazyRouteComponent(() => import("../system/SystemPage"), "SystemPage"),
});
const overview = createRoute({
  getParentRoute: () => system,
  path: "/",
  component: lazyRouteComponent(() => import("../system/OverviewPanel"), "OverviewPanel"),
});
const letters = createRoute({
  getParentRoute: () => system,
  path: "/dead-letters",
  component: lazyRouteComponent(() => import("../system/LettersPanel"), "LettersPanel"),
});
const runtime = createRoute({
  getParentRoute: () => system,
  path: "/runtime",
  component: lazyRouteComponent(() => import("../system/RuntimePanel"), "RuntimePanel"),
});
const people = createRoute({
  getParentRoute: () => system,
  path: "/users",
  component: lazyRouteComponent(() => import("../system/UsersPanel"), "UsersPanel"),
});
const changes = createRoute({
  getParentRoute: () => system,
  path: "/audit",
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import("../system/AuditPanel"), "AuditPanel"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    login,
    inside.addChildren([
      home, kernels, kernel, flows, flow, node, notebooks, notebook, runs, run, comparison, schedules, artifacts, artifact, catalog, entry, logs, files, account,
      system.addChildren([overview, runtime, letters, people, changes]),
    ]),
  ]),
  defaultPreload: "intent",
  scrollRestoration: true,
});

onSignedOut(() => {
  queryClient.clear();
  if (router.state.location.pathname !== "/login") {
    void router.navigate({ to: "/login", search: { next: router.state.location.pathname } });
  }
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
