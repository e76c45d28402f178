# SPDX-License-Identifier: MIT
newlib_FLAGS := -Ilib/newlib/glue -Wno-shadow
