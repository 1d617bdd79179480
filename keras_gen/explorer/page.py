"""The explorer's page: every browser tab has a state of its own."""

import base64
import io

import numpy as np
from nicegui import run, ui

from keras_gen.explorer.pictures import as_picture, tiled
from keras_gen.explorer.studio import MOST_BYTES, REACH, History

SIZE = 384  # of the picture on the page, in pixels


def png(pixels):
    """The bytes of a PNG of integers (height, width, channels)."""
    stream = io.BytesIO()
    as_picture(pixels).save(stream, "PNG")
    return stream.getvalue()


def serve(studio, host="127.0.0.1", port=8080, show=False):
    """Shows the page until it is interrupted.

    Args:
        studio: a `Studio`.
        host: address to listen on; the loopback by default.
        port: its port.
        show: whether a browser is opened.
    """
    ui.page("/", title=f"Explore {studio.model.name}")(lambda: Tab(studio).build())
    ui.run(host=host, port=port, show=show, reload=False, show_welcome_message=False)


class Tab:
    """What one browser tab shows. Pictures are made one at a time: the last state always wins."""

    def __init__(self, studio):
        self.studio, self.history = studio, History(studio.start)
        self.shown, self.busy, self.controls = None, False, {}

    def build(self):
        """Puts the controls on the page, and the first picture."""
        ui.label(self.studio.model.name).classes("text-h5")
        with ui.row().classes("w-full no-wrap items-start gap-8"):
            with ui.column().classes("items-center"):
                style = f"width:{SIZE}px; height:{SIZE}px; image-rendering:pixelated"
                self.image = ui.image().props("id=picture no-transition").style(style)
                self._buttons()
                self.grid = ui.image().props("no-transition").style(style).classes("hidden")
            with ui.column().classes("w-96"):
                self._latent_controls()
                self._stroke_controls()
                self._upload()
        ui.timer(0, self.refresh, once=True)

    async def change(self, control=None, **changes):
        """Changes the state, and shows its picture."""
        self.history.change(control, **changes)
        await self.refresh()

    async def refresh(self):
        """Makes pictures until that of the present state is shown."""
        if self.busy:
            return
        self.busy = True
        try:
            while self.shown != self.history.state:
                state = self.history.state
                pixels = await run.io_bound(self.studio.picture, state)
                self.image.set_source(_url(pixels))
                self.shown = state
        finally:
            self.busy = False

    async def undo(self):
        """Goes back one state, and the controls with it."""
        self.history.undo()
        state = self.history.state
        for name, control in self.controls.items():
            kind, _, index = name.partition(" ")
            value = getattr(state, kind)
            value = value[int(index)] if index else value
            if kind == "layers":
                value = {"min": value[0], "max": value[1]}
            if control.value != value:
                control.value = value
        await self.refresh()

    def _buttons(self):
        with ui.row():
            ui.button("Undo", on_click=self.undo)
            ui.button("Save PNG", on_click=lambda: ui.download(png(self._pixels()), "picture.png"))
            ui.button("Save latents", on_click=lambda: ui.download(self._npz(), "latents.npz"))
            if self.studio.model.draws:
                ui.button("Grid", on_click=self._show_grid)

    def _latent_controls(self):
        model, state = self.studio.model, self.history.state
        if model.draws:
            for name, text in (("seed", "Seed"), ("other_seed", "Second seed")):
                number = ui.number(text, value=getattr(state, name), min=0, precision=0, step=1)
                self._connect(name, number, lambda value: int(value or 0))
            self._slider("blend", "Towards the second", 0, 1, state.blend)
        if self.studio.has_styles:
            self._slider("truncation", "Truncation", 0, 1.5, state.truncation)
            last = self.studio.layers - 1
            ui.label("Layers that the directions change")
            layers = ui.range(min=0, max=last, value={"min": 0, "max": last}).props("label-always")
            layers.classes("mt-6")  # room for the labels
            self._connect("layers", layers, lambda value: (int(value["min"]), int(value["max"])))
        if model.num_classes:
            classes = ui.toggle(list(range(model.num_classes)), value=state.label)
            self._connect("label", classes, int)

    def _stroke_controls(self):
        kind = "Principal direction" if self.studio.has_styles else "Latent"
        for index in range(len(self.studio.directions)):
            self._slider(f"strokes {index}", f"{kind} {index + 1}", -REACH, REACH, 0.0)

    def _slider(self, name, text, low, high, value):
        with ui.row().classes("w-full no-wrap items-center"):
            ui.label(text).classes("w-40 text-sm")
            slider = ui.slider(min=low, max=high, step=0.01, value=value).props("label")
            slider.mark(name).classes(f"slider-{name.replace(' ', '-')}")
        self._connect(name, slider, float)

    def _connect(self, name, control, convert):
        """Lets a control change the part of the state that it is named after."""
        self.controls[name] = control
        kind, _, index = name.partition(" ")

        async def changed(event):
            value, state = convert(event.value), self.history.state
            now = getattr(state, kind)
            if value == (now[int(index)] if index else now):
                return  # the control followed the state, as after Undo
            if index:
                strokes = list(state.strokes)
                strokes[int(index)] = value
                value = tuple(strokes)
            further = {"code": None} if "seed" in name and self.studio.model.draws else {}
            await self.change(name, **{kind: value}, **further)

        control.on_value_change(changed)

    def _upload(self):
        if self.studio.model.encode is None:
            return

        async def received(event):
            if event.file.size() > MOST_BYTES:  # a browser may ignore the limit
                return ui.notify("The file is too large.", type="negative")
            try:
                code = self.studio.code_of(await event.file.read())
            except ValueError as error:
                ui.notify(str(error), type="negative")
            else:
                await self.change(code=code)

        ui.upload(
            label="Reconstruct a picture",
            auto_upload=True,
            max_file_size=MOST_BYTES,
            on_upload=received,
            on_rejected=lambda: ui.notify("The file is too large.", type="negative"),
        )

    async def _show_grid(self):
        images = await run.io_bound(self.studio.grid, self.history.state)
        self.grid.set_source(_url(tiled(images)))
        self.grid.classes(remove="hidden")

    def _pixels(self):
        return self.studio.picture(self.history.state)

    def _npz(self):
        stream = io.BytesIO()
        np.savez(stream, latents=self.studio.latents(self.history.state))
        return stream.getvalue()


def _url(pixels):
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()
