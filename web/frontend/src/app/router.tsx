import {
  createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect,
} from "@tanstack/react-router";
import { ApiError, onSignedOut } from "../api/client";
import { KernelsPage } from "../kernels/KernelsPage";
import { localPath } from "../login/next";
import { readCatalog, readEntry } from "../catalog/search";
import { readFiles } from "../files/search";
import { readFlow } from "../flows/search";
import { readCells, readNotebooks, type CellsSearch } from "../notebooks/search";
import { readRun, readRuns } from "../runs/search";
import { readSchedules } from "../schedules/search";
import { readSearch } from "../system/auditSearch";
import { meQuery, queryClient } from "./queries";
import { Broken, NotThere } from "./Trouble";
import { Shell } from "./Shell";

function NowhereElse() {
  return (
    <main>
      <NotThere />
    </main>
  );
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NowhereElse, errorComponent: Broken });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search): { next?: string } => ({ next: localPath(search["next"]) }),
  component: lazyRouteComponent(() => import("../login/LoginPage"), "LoginPage"),
});

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  beforeLoad: async ({ location }) => {
    try {
      await queryClient.ensureQueryData(meQuery);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      throw redirect({ to: "/login", search: { next: location.pathname } });
    }
  },
});

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/kernels" });
  },
});
const kernels = createRoute({ getParentRoute: () => inside, path: "/kernels", component: KernelsPage });
// As the API takes it.
const FLOW_ID = /^(-|[A-Za-z0-9][A-Za-z0-9_.-]{0,63})$/;

// Undefined has to be said: what a route leaves out of its search is there all the same, unchecked.
function flowIn(value: unknown): string | undefined {
  return typeof value === "string" && FLOW_ID.test(value) ? value : undefined;
}

const kernel = createRoute({
  getParentRoute: () => inside,
  path: "/kernels/$id",
  validateSearch: (search): { flow?: string } & CellsSearch => ({ flow: flowIn(search["flow"]), ...readCells(search) }),
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
      home, kernels, kernel, flows, flow, node, notebooks, notebook, runs, run, schedules, catalog, entry, files, account,
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
