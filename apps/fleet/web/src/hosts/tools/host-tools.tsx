/** These tools say how the hosts are shown: as a table or as tiles, and with which columns. */

import { Button, Menu, MenuItem, MenuTrigger, Popover, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { Icon } from "../../components/icon.tsx";
import { useNavigation, usePlace } from "../../state/navigation.ts";
import { type ColumnName, formatColumns, TABLE_COLUMNS } from "../table/host-columns.ts";
import { keepColumns } from "../table/io/kept-columns.ts";
import { useColumns } from "../table/use-columns.tsx";
import { FacetButton } from "./facet-panel.tsx";
import { SavedViews } from "./saved-views.tsx";

export function HostTools() {
  const layout = usePlace((place) => place.layout);
  return (
    <div className="host-tools">
      <SavedViews />
      <FacetButton />
      {layout !== "grid" && <ColumnMenu />}
      <LayoutChoice />
    </div>
  );
}

function LayoutChoice() {
  const navigation = useNavigation();
  const layout = usePlace((place) => place.layout);
  return (
    <ToggleButtonGroup
      className="layout-choice"
      aria-label="Show the hosts as"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[layout === "grid" ? "grid" : "table"]}
      onSelectionChange={(keys) => navigation.replace({ ...navigation.place, layout: keys.has("grid") ? "grid" : "" })}
    >
      <ToggleButton id="table" className="button button-small">
        Table
      </ToggleButton>
      <ToggleButton id="grid" className="button button-small">
        Tiles
      </ToggleButton>
    </ToggleButtonGroup>
  );
}

function ColumnMenu() {
  const navigation = useNavigation();
  const columns = useColumns();
  const choose = (names: ReadonlySet<ColumnName>) => {
    const text = formatColumns(names);
    keepColumns(text);
    navigation.replace({ ...navigation.place, columns: text });
  };
  return (
    <MenuTrigger>
      <Button className="button button-small">
        Columns <Icon name="down" />
      </Button>
      <Popover className="popover" placement="bottom end" isNonModal>
        <Menu
          className="menu"
          aria-label="Columns"
          selectionMode="multiple"
          disallowEmptySelection
          selectedKeys={columns.map(({ name }) => name)}
          onSelectionChange={(keys) => {
            const chosen = TABLE_COLUMNS.filter(({ name }) => keys === "all" || keys.has(name));
            choose(new Set(chosen.map(({ name }) => name)));
          }}
        >
          {TABLE_COLUMNS.map(({ name, word }) => (
            <MenuItem key={name} id={name} className="choice-option" shouldCloseOnSelect={false}>
              {word}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
