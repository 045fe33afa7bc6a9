// The pages work without this file. With it they stay fresh, and the keyboard moves.
import { watch } from './live.js';
import { keys } from './keys.js';
import { select } from './select.js';

watch();
keys();
select();
