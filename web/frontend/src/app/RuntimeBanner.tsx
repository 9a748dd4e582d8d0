import { ShieldAlert, ShieldCheck, X } from "lucide-react";
import { useState } from "react";
import { IconButton } from "../parts/Button";
import { Copy } from "../parts/Copy";
import { Notice } from "../parts/Notice";
import { Tip } from "../parts/Tip";
import { bannerOf, useRuntime, type Banner } from "./runtime";

const KEY = "husk.banner";

// On top of every page, where something is in the way of running kernels as was set; until it is put away,
// which lasts as long as it says the same.
export function RuntimeBanner() {
  const { data } = useRuntime();
  const [away, setAway] = useState(() => sessionStorage.getItem(KEY));
  const banner = data ? bannerOf(data) : null;
  if (banner === null || banner.words === away) return null;
  const putAway = (): void => {
    sessionStorage.setItem(KEY, banner.words);
    setAway(banner.words);
  };
  return (
    <div className="banner row">
      <BannerNotice banner={banner} />
      <IconButton small icon={X} label="Put away" onClick={putAway} />
    </div>
  );
}

export function BannerNotice({ banner }: { banner: Banner }) {
  return (
    <Notice tone="amber" actions={banner.command !== null && <Copy text={banner.command} label={`Copy: ${banner.command}`} />}>
      {banner.words}
    </Notice>
  );
}

// What new kernels are, on every page.
export function RuntimeTag() {
  const { data } = useRuntime();
  if (!data) return null;
  const Icon = data.isolated ? ShieldCheck : ShieldAlert;
  const words = data.isolated ? "Containers" : "Processes";
  const why = data.isolated ? "Kernels made now run in containers of their own." : "Kernels made now are processes of this host, not isolated.";
  return (
    <Tip text={why}>
      <button type="button" className={`tag wide ${data.isolated ? "" : "amber"}`} aria-label={why}>
        <Icon className="icon" aria-hidden /> {words}
      </button>
    </Tip>
  );
}
