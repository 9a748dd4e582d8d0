import { Copy } from "../parts/Copy";
import { Notice } from "../parts/Notice";
import { bannerOf, useRuntime, type Banner } from "./runtime";

// Above the kernels, where something is in the way of running them in containers.
export function RuntimeBanner() {
  const { data } = useRuntime();
  const banner = data ? bannerOf(data) : null;
  return banner && <BannerNotice banner={banner} />;
}

export function BannerNotice({ banner }: { banner: Banner }) {
  return (
    <Notice tone="amber" actions={banner.command !== null && <Copy text={banner.command} label="Copy the command" />}>
      {banner.words}
      {banner.command !== null && <code className="secret">{banner.command}</code>}
    </Notice>
  );
}
