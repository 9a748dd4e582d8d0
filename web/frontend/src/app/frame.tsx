// What is around every page: the frame, and who may come in.
import { createRootRoute, createRoute, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { ApiError } from "../api/client";
import { localPath } from "../login/next";
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

export const root = createRootRoute({ component: Outlet, notFoundComponent: NowhereElse, errorComponent: Broken });

export const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search): { next?: string } => ({ next: localPath(search["next"]) }),
  component: lazyRouteComponent(() => import("../login/LoginPage"), "LoginPage"),
});

export const inside = createRoute({
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

export const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/kernels" });
  },
});
