import { z } from 'zod';

// The page's rules forbid making code from text, which checking would otherwise try. Before any table of messages is made.
z.config({ jitless: true });
