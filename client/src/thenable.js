/** What is awaited like the promise that stands in it under `OUTCOME`. */

export const OUTCOME = Symbol('outcome');

export class Thenable {
  get [Symbol.toStringTag]() {
    return 'Upload';
  }

  then(...given) {
    return this[OUTCOME].then(...given);
  }

  catch(...given) {
    return this[OUTCOME].catch(...given);
  }

  finally(...given) {
    return this[OUTCOME].finally(...given);
  }
}
