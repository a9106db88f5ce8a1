/** Copying a text that is still on its way. */

/**
 * Safari lets a page write to the clipboard only in the click itself: it takes a promise there,
 * and not a text after an `await`. False where the browser does not let the page copy.
 */
export async function copyText(promise) {
  try {
    const blob = promise.then((text) => new Blob([text], { type: 'text/plain' }));
    await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
    return true;
  } catch {
    const text = await promise; // what went wrong may have been the text
    return navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false;
  }
}
