/**
 * A form for any method's options, drawn from the JSON Schema in its manifest. What is left at its default is not sent.
 *
 * @module
 */
import { visible } from "@hyaline/core/render";
import { useId } from "preact/hooks";
import type { Option } from "../state/question.ts";
import { t } from "../strings/mod.ts";

/** The part of JSON Schema that options use. */
interface Property {
  readonly type?: string | readonly string[];
  readonly enum?: readonly Option[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

interface FormProps {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, Option>>;
  /** The method's title, for those who hear the form. */
  readonly of: string;
  onChange(options: Record<string, Option>): void;
}

export function OptionsForm({ schema, options, of, onChange }: FormProps) {
  const properties = Object.entries((schema["properties"] ?? {}) as Readonly<Record<string, Property>>);
  if (properties.length === 0) return null;
  const revise = (name: string, value: Option | undefined): void => {
    const { [name]: _, ...others } = options;
    onChange(
      value === undefined || value === properties.find(([known]) => known === name)![1].default
        ? others
        : { ...others, [name]: value },
    );
  };
  return (
    <details class="options">
      <summary>
        {t.value.shell.options}
        <span class="unseen">: {of}</span>
      </summary>
      {properties.map(([name, property]) => (
        <Field
          key={name}
          {...{ name, property }}
          value={options[name]}
          onChange={(value) => revise(name, value)}
        />
      ))}
    </details>
  );
}

interface FieldProps {
  readonly name: string;
  readonly property: Property;
  readonly value: Option | undefined;
  onChange(value: Option | undefined): void;
}

function Field({ name, property, value, onChange }: FieldProps) {
  const id = useId(), now = value ?? property.default as Option | undefined;
  const described = { id, "aria-describedby": `${id}-about` };
  return (
    <div class="field">
      <label for={id}>{visible(name)}</label>
      {property.enum
        ? (
          <select
            {...described}
            value={JSON.stringify(now)}
            onChange={(event) => onChange(JSON.parse(event.currentTarget.value))}
          >
            {property.enum.map((choice) => (
              <option key={String(choice)} value={JSON.stringify(choice)}>{visible(String(choice))}</option>
            ))}
          </select>
        )
        : property.type === "boolean"
        ? (
          <input
            {...described}
            type="checkbox"
            checked={now === true}
            onChange={(event) => onChange(event.currentTarget.checked)}
          />
        )
        : (
          <input
            {...described}
            {...(isNumber(property) ? numeric(property) : { type: "text" as const })}
            value={now === undefined ? "" : String(now)}
            onChange={(event) => onChange(parsed(event.currentTarget.value, property))}
          />
        )}
      <p id={`${id}-about`} class="quiet">{property.description ? visible(property.description) : ""}</p>
    </div>
  );
}

const numeric = ({ type, minimum, exclusiveMinimum, maximum }: Property) => ({
  type: "number" as const,
  min: minimum ?? exclusiveMinimum,
  max: maximum,
  step: type === "number" ? "any" : 1,
});
const isNumber = ({ type }: Property): boolean => type === "integer" || type === "number";

/** What was typed, as the schema wants it; nothing typed is the default. */
export function parsed(typed: string, property: Property): Option | undefined {
  const text = typed.trim(),
    takes = (type: string): boolean => property.type === type || !!property.type?.includes(type);
  if (text === "") return undefined;
  return (takes("integer") && /^-?\d+$/.test(text)) || (takes("number") && Number.isFinite(Number(text)))
    ? Number(text)
    : text;
}
