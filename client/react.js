'use client';

/** React hooks. What components call is documented in `react.d.ts`. */

export { useAssets, useLinks, useUploads } from './src/react/hooks.js';
