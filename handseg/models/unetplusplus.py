"""U-Net++ (Zhou et al. 2018) on an encoder, in the layout of segmentation_models_pytorch.

Legend: row r is the encoder's map of the r-th finest stride (2 is row 0); column 0 is the encoder,
and column c of a row joins all columns before it with the next coarser row's column c - 1.
"""

from fractions import Fraction

from torch import Tensor, nn

from handseg.models.encoders import Encoder
from handseg.models.network import Network, initialise
from handseg.models.refine import Refine
from handseg.models.unet_encoder import WIDTHS, DecoderLevel


class UNetPlusPlus(Network):
    """A U-Net whose skips are U-Nets themselves.

    The last column of a row, which the deepest decoder ends in, has the U-Net's width; those
    before it have their row's of the encoder.

    Args:
        encoder: maps of strides 2, 4, 8, 16 and 32.
        class_count: classes of the head.
        scale: output side divided by input side.
    """

    def __init__(self, *, encoder: Encoder, class_count: int, scale: Fraction | int = 1) -> None:
        super().__init__()
        self.scale, self.stride = Fraction(scale), encoder.strides[-1]
        self.encoder = encoder
        channels = encoder.channels
        last_row = len(channels) - 1
        self.rows = nn.ModuleList()
        for row in range(last_row):
            columns = nn.ModuleList()
            for column in range(1, last_row - row + 1):
                is_last = column == last_row - row
                filters = WIDTHS[last_row - 1 - row] if is_last else channels[row]
                below_is_decoded = is_last and column > 1
                coarse = WIDTHS[last_row - 2 - row] if below_is_decoded else channels[row + 1]
                columns.append(DecoderLevel(coarse, channels[row] * column, filters))
            self.rows.append(columns)
        self.finest = DecoderLevel(WIDTHS[-2], 0, WIDTHS[-1])
        self.head = nn.Conv2d(WIDTHS[-1], class_count, 3, padding=1)
        self.refine = Refine(class_count) if scale > 1 else None
        initialise(self)

    def native(self, images: Tensor) -> Tensor:
        """See Network.native."""
        self._check_side(images)
        maps = self.encoder(images)
        table: list[list[Tensor]] = [[features] for features in maps]
        for column in range(1, len(maps)):
            for row in range(len(maps) - column):
                below = table[row + 1][column - 1]
                # Latest column first, the encoder's own map last, as the published order has it.
                table[row].append(self._cell(row, column)(below, *reversed(table[row])))
        logits: Tensor = self.head(self.finest(table[0][-1]))
        return logits

    def _cell(self, row: int, column: int) -> nn.Module:
        columns = self.rows[row]
        if not isinstance(columns, nn.ModuleList):
            raise TypeError(f"row {row} is {type(columns).__name__}, a ModuleList was built")
        return columns[column - 1]

    def heads(self) -> list[nn.Conv2d]:
        """See Network.heads."""
        return [self.head]
