/** An option with its value as words of a command; none where there is no value. */
export const optionOf = (option: string, value: string | undefined): string[] =>
  value === undefined || value === "" ? [] : [option, value];
