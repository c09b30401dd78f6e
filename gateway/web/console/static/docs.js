"use strict";
// Draws /openapi.json. Text only ever becomes text: nothing from the file is read as HTML.

const make = (tag, attributes, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  for (const child of children) if (child) node.append(child);
  return node;
};

const named = (api, schema) => (schema.$ref ? api.components.schemas[schema.$ref.split("/").pop()] : schema);

const kind = (schema) => {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf || schema.oneOf) return (schema.anyOf || schema.oneOf).map(kind).join(" or ");
  if (schema.type === "array") return `list of ${schema.items ? kind(schema.items) : "anything"}`;
  if (schema.enum) return schema.enum.join(" | ");
  return [schema.type || "anything", schema.format, schema.pattern].filter(Boolean).join(" ");
};

const inner = (schema) => {
  if (schema.$ref) return [schema];
  if (schema.items) return inner(schema.items);
  return [...(schema.anyOf || []), ...(schema.oneOf || [])].flatMap(inner);
};

const fields = (api, schema, seen) => {
  const list = make("ul", { class: "schema" });
  const real = named(api, schema);
  for (const [name, field] of Object.entries(real.properties || {})) {
    const needed = (real.required || []).includes(name) ? " required" : "";
    const line = make("li", {}, make("b", {}, name), ` ${kind(field)}${needed}`);
    if (field.description) line.append(make("div", { class: "hint" }, field.description));
    for (const deeper of inner(field)) {
      const more = seen.includes(deeper.$ref) ? null : nested(api, deeper, seen);
      if (more) line.append(more);
    }
    list.append(line);
  }
  return list;
};

const nested = (api, schema, seen) => {
  if (!named(api, schema).properties) return null;
  const more = make("details", {}, make("summary", {}, kind(schema)));
  more.addEventListener("toggle", () => {
    if (more.open && more.children.length === 1) more.append(fields(api, schema, [...seen, schema.$ref]));
  });
  return more;
};

const bodies = (api, title, content) => {
  const part = make("div", {}, make("h3", {}, title));
  for (const [media, { schema }] of Object.entries(content || {})) {
    part.append(make("p", {}, make("code", {}, media), ` ${kind(schema)}`));
    const all = schema.oneOf || [schema];
    for (const one of all) {
      const real = named(api, one);
      if (real.description) part.append(make("p", { class: "hint" }, real.description));
      if (real.properties) part.append(fields(api, one, [one.$ref]));
    }
  }
  return part;
};

const operation = (api, path, method, said) => {
  const node = make("details", { class: "operation", id: said.operationId });
  node.append(make("summary", {}, make("span", { class: `method ${method}` }, method.toUpperCase()), make("code", {}, path), make("span", {}, said.summary)));
  node.addEventListener("toggle", () => {
    if (!node.open || node.children.length > 1) return;
    node.append(make("p", { class: "hint" }, `Scope: ${said["x-scope"]}`));
    for (const one of said.parameters) {
      node.append(make("p", {}, make("code", {}, one.name), ` in ${one.in}${one.required ? ", required" : ""} `, make("span", { class: "hint" }, one.description || "")));
    }
    if (said.requestBody) node.append(bodies(api, "Body", said.requestBody.content));
    for (const [status, answer] of Object.entries(said.responses)) node.append(bodies(api, status, answer.content));
  });
  return node;
};

const about = (text) => {
  const section = make("section", { class: "card about" });
  for (const block of text.trim().split("\n\n")) {
    if (block.startsWith("- ")) section.append(make("ul", {}, ...block.split("\n").map((line) => make("li", {}, line.slice(2).replaceAll("`", "")))));
    else section.append(make("p", {}, block.replaceAll("`", "")));
  }
  return section;
};

const draw = (api) => {
  const toc = make("nav", { class: "toc" });
  const content = make("div", {}, make("h1", {}, api.info.title), about(api.info.description));
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, said] of Object.entries(methods)) {
      const tag = said.tags[0];
      if (!groups.has(tag)) {
        groups.set(tag, make("section", { class: "card", id: `tag-${tag}` }, make("h2", {}, tag.replaceAll("_", " "))));
        toc.append(make("a", { href: `#tag-${tag}` }, tag.replaceAll("_", " ")));
      }
      groups.get(tag).append(operation(api, path, method, said));
    }
  }
  content.append(...groups.values());
  document.getElementById("content").replaceChildren(toc, content);
};

fetch("/openapi.json").then((answer) => answer.json()).then(draw);
