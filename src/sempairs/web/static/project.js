/** The project page: what the server says of the project, section by section. */
import { showAgreement } from "./agreement.js";
import { showCertificate, showTiles } from "./certificate.js";
import { part } from "./element.js";
import { galleries, showDisagreements, showRemarks } from "./gallery.js";
import { showPeople } from "./people.js";
import { get } from "./server.js";
import { showStrata } from "./strata.js";

const AGAIN = 15_000; // ms between two looks at a page that is seen

/** Fill a section and show it; `content` of null hides it. */
function section(name, content) {
  const whole = document.querySelector(`[data-section="${name}"]`);
  whole.hidden = content === null;
  if (content !== null) part("body", whole).replaceChildren(...[content].flat());
}

async function refresh() {
  const notice = part("notice");
  let project;
  let progress;
  try {
    [project, progress] = await Promise.all([get("/api/project"), get("/api/progress")]);
  } catch (refusal) {
    notice.textContent = `${refusal.message} ${refusal.todo ?? ""}`;
    notice.hidden = false;
    return;
  }
  notice.hidden = true;
  showCertificate(project);
  showTiles(project, progress);
  section("strata", showStrata(project));
  section("agreement", showAgreement(project));
  section("people", showPeople(project));
  section("disagreements", showDisagreements(project));
  section("remarks", showRemarks(project));
}

await Promise.all([refresh(), galleries()]);
setInterval(() => { if (!document.hidden) refresh(); }, AGAIN);
