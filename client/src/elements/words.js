/** Texts with what belongs into them, and numbers as people write them. */

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

export class Words {
  #plural;
  /** By the digits behind the point. */
  #numbers;
  #date;
  #day;

  constructor(texts) {
    this.texts = texts;
    this.#plural = new Intl.PluralRules(texts.locale);
    this.#numbers = [0, 1].map((places) => new Intl.NumberFormat(
      texts.locale, { minimumFractionDigits: places, maximumFractionDigits: places }));
    this.#date = new Intl.DateTimeFormat(texts.locale, { dateStyle: 'medium', timeStyle: 'short' });
    this.#day = new Intl.DateTimeFormat(texts.locale, { dateStyle: 'medium' });
  }

  /** A text by its name; `{name}` stands for a value, `count` chooses among plural forms. */
  say(key, values = {}) {
    let text = this.texts[key] ?? '';
    if (typeof text === 'object') text = text[this.#plural.select(values.count)] ?? text.other;
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
  }

  /** `1.5 GB`; what would round to 1,000 of a unit is 1 of the next. */
  bytes(count) {
    let step = 0;
    let value = count;
    while (step < UNITS.length - 1 && value >= (step ? 999.5 : 1000)) {
      value /= 1000;
      step += 1;
    }
    const places = step === 0 || value >= 99.95 ? 0 : 1;
    return `${this.#numbers[places].format(value)} ${UNITS[step]}`;
  }

  duration(seconds) {
    const whole = Math.max(1, Math.round(seconds));
    if (whole < 60) return this.say('seconds', { n: whole });
    const minutes = Math.round(seconds / 60);
    if (minutes < 60) return this.say('minutes', { n: minutes });
    return this.say('hours', { n: Math.floor(minutes / 60), minutes: minutes % 60 });
  }

  date(moment) {
    return this.#date.format(new Date(moment));
  }

  day(moment) {
    return this.#day.format(new Date(moment));
  }

  /** What went wrong, for the person who looks at it, and with which file of a package; a text `error.{slug}` comes first. */
  error({ slug, detail, title, errors, message, filename }) {
    const pointed = errors?.map((fault) => fault.detail).join(' ');
    const reason = this.say(`error.${slug}`) || pointed || detail || message || title || this.say('error');
    return filename ? `${filename}: ${reason}` : reason;
  }
}
