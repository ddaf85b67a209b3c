/** This is a field in which one of a list of words is chosen. */

import {
  Button,
  Header,
  Label,
  ListBox,
  ListBoxItem,
  ListBoxSection,
  Popover,
  Select,
  SelectValue,
  Text,
} from "react-aria-components";
import { Icon } from "./icon.tsx";

interface Option {
  readonly id: string;
  readonly word: string;
  /** This stands under the word. */
  readonly note?: string | undefined;
}

export interface OptionGroup {
  readonly title: string;
  readonly options: readonly Option[];
}

interface ChoiceProps {
  readonly label: string;
  readonly placeholder: string;
  readonly groups: readonly OptionGroup[];
  readonly value: string | null;
  readonly onChoose: (id: string) => void;
  /** A form around it submits the choice under this name. */
  readonly name?: string;
  /** The list opens above the button, as a bar at the bottom of the screen needs it. */
  readonly above?: boolean;
}

export function Choice({ label, placeholder, groups, value, onChoose, name, above = false }: ChoiceProps) {
  return (
    <Select
      className="choice field"
      {...(name === undefined ? {} : { name })}
      placeholder={placeholder}
      value={value}
      onChange={(key) => key !== null && onChoose(String(key))}
    >
      <Label className="field-label">{label}</Label>
      <Button className="button choice-button">
        <SelectValue className="choice-value" />
        <Icon name={above ? "up" : "down"} />
      </Button>
      <Popover className="popover choice-popover" placement={above ? "top start" : "bottom start"} isNonModal>
        <ListBox className="choice-list">{groups.map(group)}</ListBox>
      </Popover>
    </Select>
  );
}

function group({ title, options }: OptionGroup) {
  return (
    <ListBoxSection key={title} id={title}>
      {title !== "" && <Header className="choice-header">{title}</Header>}
      {options.map(option)}
    </ListBoxSection>
  );
}

function option({ id, word, note }: Option) {
  return (
    <ListBoxItem key={id} id={id} textValue={word} className="choice-option">
      <Text slot="label" className="choice-word foreign">
        {word}
      </Text>
      {note !== undefined && (
        <Text slot="description" className="choice-note foreign">
          {note}
        </Text>
      )}
    </ListBoxItem>
  );
}
