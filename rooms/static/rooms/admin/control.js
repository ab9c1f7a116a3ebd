/* What makes the administration a control room. Without this everything works but dragging and previews. */

import { followRoom } from "./follow.js";
import { followList } from "./newer.js";
import { followPictures } from "./pictures.js";
import { keepPlace } from "./place.js";
import { sendQuietly } from "./quiet.js";
import { notePointer } from "./still.js";
import { keepUnsaved } from "./unsaved.js";

followPictures();
notePointer();
followRoom();
followList();
// Before the place is kept: what is sent quietly leaves the page where it is.
sendQuietly();
keepPlace();
keepUnsaved();
