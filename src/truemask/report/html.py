"""A page as one HTML file that needs nothing beside it: styles inline, pictures as data, and no scripts
but where somebody is to decide about something."""

import base64
from pathlib import Path

import cv2
import jinja2
import numpy as np
from jaxtyping import UInt8
from markupsafe import Markup

from truemask.files import write_text
from truemask.report.blocks import Page
from truemask.report.curves import Panel, as_svg, draw
from truemask.report.palette import Colour


def render_page(page: Page) -> str:
    """The page as HTML; text is escaped."""
    return _environment().get_template("page.html").render(page=page)


def write_page(page: Page, path: Path) -> None:
    """Write the page whole or not at all."""
    write_text(path, render_page(page))


def data_uri(pixels: UInt8[np.ndarray, "h w 3"]) -> str:
    """A picture as a PNG inside an address."""
    fine, png = cv2.imencode(".png", pixels[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 6])
    assert fine
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode("ascii")


def jpeg_uri(pixels: UInt8[np.ndarray, "h w 3"]) -> str:
    """The same as a JPEG, a tenth as large for photos: where a page has hundreds."""
    fine, jpeg = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    assert fine
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode("ascii")


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"data_uri": data_uri, "jpeg_uri": jpeg_uri}
    environment.filters |= {"svg": _svg, "css_colour": _css_colour}
    return environment


def _svg(panel: Panel) -> Markup:
    return Markup(as_svg(draw([panel])))


def _css_colour(colour: Colour) -> str:
    return "rgb({}, {}, {})".format(*colour)
