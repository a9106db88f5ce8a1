/** What the elements say, in German: an example of a translation. */

import type { Texts } from './elements.js';

export declare const de: Texts;
