/**
 * Web components on asset-gateway: `<asset-uploader>`, `<asset-gallery>`, `<asset-player>`.
 *
 * Importing this module defines them. Their attributes, properties, events, parts and custom
 * properties are in docs/elements.md, their types in `elements.d.ts`.
 */

import { define } from './src/elements/base.js';
import { AssetGallery } from './src/elements/gallery.js';
import { AssetPlayer } from './src/elements/player.js';
import { AssetUploader } from './src/elements/uploader.js';

define('asset-uploader', AssetUploader);
define('asset-player', AssetPlayer);
define('asset-gallery', AssetGallery);

export { en } from './src/elements/en.js';
export { AssetGallery, AssetPlayer, AssetUploader };
