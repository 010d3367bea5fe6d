import { render } from "preact";
import { App } from "./app.tsx";
import { keepWhenAnswered } from "./offline/keep.ts";
import "./theme.css";
import "./page.css";

render(<App />, document.getElementById("app")!);
keepWhenAnswered();
