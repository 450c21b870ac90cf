"""Pictures as a camera mounted a little differently would show them, made from those that were recorded."""
import torch
from torch.nn import functional

# Largest error at full strength. Of 64 pixels that span about 50 degrees, 2 are 0.027 rad of yaw or pitch.
SHIFT_PIXELS = 2.0
TURN_RAD = 0.04
SCALE = 0.04


def patch_starts(grids):
    """Index of the first patch of each camera."""
    sizes = [rows * columns for rows, columns in grids]
    return [sum(sizes[:camera]) for camera in range(len(grids))]


class PatchWarp:
    """Shifts, turns and scales one camera's picture about its middle; what comes in from outside repeats the edge."""

    def __init__(self, grid, patch_size, first):
        self.rows, self.columns = grid
        self.size, self.first = patch_size, first

    def __call__(self, patches, shift_pixels, turn_rad, scale):
        """patches [B, S, all patches, values] of any type; shift [B, 2] (right, down), turn [B], scale [B]. Returns this camera's, float32."""
        batch, steps = patches.shape[:2]
        height, width = self.rows * self.size, self.columns * self.size
        own = patches[:, :, self.first:self.first + self.rows * self.columns]
        # [B, S, rows, columns, y, x, 3] to one picture per sample, the steps' channels one after another.
        pictures = own.reshape(batch, steps, self.rows, self.columns, self.size, self.size, 3).permute(0, 1, 6, 2, 4, 3, 5)
        pictures = pictures.reshape(batch, steps * 3, height, width).float()
        cosine, sine = torch.cos(turn_rad) / scale, torch.sin(turn_rad) / scale
        # Rows map an output position to where its value is found, in units of half a picture.
        theta = torch.stack([
            torch.stack([cosine, sine * height / width, -2 * shift_pixels[:, 0] / width], -1),
            torch.stack([-sine * width / height, cosine, -2 * shift_pixels[:, 1] / height], -1)], 1)
        grid = functional.affine_grid(theta, pictures.shape, align_corners=False)
        moved = functional.grid_sample(pictures, grid, mode='bilinear', padding_mode='border', align_corners=False)
        moved = moved.view(batch, steps, 3, self.rows, self.size, self.columns, self.size).permute(0, 1, 3, 5, 4, 6, 2)
        return moved.reshape(batch, steps, self.rows * self.columns, -1)
