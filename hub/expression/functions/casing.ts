import { fn } from "./define.ts";

/** sprig's changes of case. */
export const CASING = {
  upper: fn("string", (_, s: string) => mapCharacters(s, upper)),
  lower: fn("string", (_, s: string) => mapCharacters(s, lower)),
  title: fn("string", (_, s: string) => title(s)),
  untitle: fn("string", (_, s: string) => untitle(s)),
  initials: fn("string", (_, s: string) => initials(s)),
  snakecase: fn("string", (_, s: string) => separated(s, "_")),
  kebabcase: fn("string", (_, s: string) => separated(s, "-")),
  camelcase: fn("string", (_, s: string) => pascalCase(s)),
};

/** Go maps one character to one: what would become several (ß to SS) stays. */
function upper(character: string): string {
  const mapped = character.toUpperCase();
  return [...mapped].length === 1 ? mapped : character;
}

function lower(character: string): string {
  const mapped = character.toLowerCase();
  return [...mapped].length === 1 ? mapped : character;
}

function mapCharacters(s: string, map: (character: string) => string): string {
  let mapped = "";
  for (const character of s) mapped += map(character);
  return mapped;
}

const isSpace = (character: string) => /[\s\x85]/.test(character);
const isUpper = (character: string) => /\p{Lu}/u.test(character);

/** `strings.Title`: what follows a letter, digit, underscore or other non-separator stays. */
function title(s: string): string {
  let previous = " ";
  return mapCharacters(s, (character) => {
    const starts = !/[\p{L}\p{Nd}_]/u.test(previous) &&
      (previous < "\x80" ? true : isSpace(previous));
    previous = character;
    return starts ? upper(character) : character;
  });
}

function untitle(s: string): string {
  let next = true;
  return mapCharacters(s, (character) => {
    if (isSpace(character)) {
      next = true;
      return character;
    }
    const mapped = next ? lower(character) : character;
    next = false;
    return mapped;
  });
}

function initials(s: string): string {
  return s.split(/[\s\x85]+/).map((word) => [...word][0] ?? "").join("");
}

const isConnector = (character: string) =>
  character === "-" || character === "_" || isSpace(character);

/** xstrings' ToPascalCase: connectors inside are dropped, those at both ends stay. */
function pascalCase(s: string): string {
  const characters = [...s];
  const start = characters.findIndex((character) => !isConnector(character));
  // Of connectors alone the last is written twice, as xstrings does.
  if (start < 0) return s + (characters.at(-1) ?? "");
  let result = characters.slice(0, start).join("");
  let current = characters[start] ?? "";
  let afterUpper = isUpper(current);
  current = upper(current);
  for (const character of characters.slice(start + 1)) {
    const previous = current;
    current = character;
    if (isConnector(current) && isConnector(previous)) {
      result += previous;
      continue;
    }
    if (isConnector(previous)) {
      afterUpper = isUpper(current);
      current = upper(current);
    } else {
      // Capitals in a row are one word: only its first stays.
      if (afterUpper) {
        if (isUpper(current)) current = lower(current);
        else afterUpper = false;
      }
      result += previous;
    }
  }
  return result + current;
}

const HAN = /[\u3400-\u4d85\u4e00-\u9fcc\u{20000}-\u{2b81d}]/u;

type WordType = "number" | "upper" | "alphabet" | "connector" | "punctuation" | "other" | "none";

/** xstrings' ToSnakeCase and ToKebabCase. */
function separated(s: string, connector: string): string {
  const rest = [...s];
  let result = "";
  const write = (type: WordType, word: string) => {
    if (type === "upper" || type === "alphabet" || type === "number") {
      result += mapCharacters(word, lower);
    } else if (type === "connector") result += connector.repeat([...word].length);
    else result += word;
  };
  const breaks = (type: WordType) =>
    type !== "none" && type !== "connector" && type !== "punctuation";
  const writeRun = () => {
    while (type === "alphabet" || type === "number") {
      write(type, word);
      [type, word] = nextWord(rest);
    }
  };
  let [type, word] = nextWord(rest);
  while (rest.length > 0) {
    if (type !== "connector") write(type, word);
    const previous = type;
    const last = word;
    [type, word] = nextWord(rest);
    if (previous === "number") {
      writeRun();
      if (breaks(type)) result += connector;
    } else if (previous === "connector") write(previous, last);
    else if (previous !== "punctuation") {
      if (type !== "number") {
        if (type !== "connector" && type !== "punctuation") result += connector;
      } else if (rest.length > 0) {
        const digits = word;
        [type, word] = nextWord(rest);
        if (type !== "alphabet") {
          // A number belongs to the word before it: Bld4Floor is bld4_floor.
          write("number", digits);
          if (type !== "connector" && type !== "punctuation") result += connector;
        } else {
          // Unless small letters follow it: HTTP2xx is http_2xx.
          result += connector;
          write("number", digits);
          writeRun();
          if (breaks(type)) result += connector;
        }
      }
    }
  }
  write(type, word);
  return result;
}

/** Takes the next run of one kind off the front of `rest`. */
function nextWord(rest: string[]): [WordType, string] {
  const first = rest[0];
  if (first === undefined) return ["none", ""];
  const take = (matches: (character: string) => boolean): string => {
    let count = 1;
    while (count < rest.length && matches(rest[count] ?? "")) count++;
    return rest.splice(0, count).join("");
  };
  // Han has no case and no spaces: to xstrings it is no part of an alphabet.
  const isLetter = (character: string) => /\p{L}/u.test(character) && !HAN.test(character);
  const isNumber = (character: string) => /\p{N}/u.test(character);
  const isPunctuation = (character: string) => /\p{P}/u.test(character);
  const isSmall = (character: string) => isLetter(character) && !isUpper(character);
  if (isConnector(first)) return ["connector", take(isConnector)];
  if (isPunctuation(first)) return ["punctuation", take(isPunctuation)];
  if (isUpper(first)) {
    const second = rest[1] ?? "";
    if (!isUpper(second)) return ["upper", isLetter(second) ? take(isSmall) : take(() => false)];
    let count = 2;
    while (count < rest.length && isUpper(rest[count] ?? "")) count++;
    // HTTPStatus is HTTP and Status: the last capital begins the next word.
    if (isLetter(rest[count] ?? "")) count--;
    return ["upper", rest.splice(0, count).join("")];
  }
  if (isLetter(first)) return ["alphabet", take(isSmall)];
  if (isNumber(first)) return ["number", take(isNumber)];
  return [
    "other",
    take((c) => !isConnector(c) && !isLetter(c) && !isNumber(c) && !isPunctuation(c)),
  ];
}
